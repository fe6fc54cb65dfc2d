"""Where the files of real services belong under the presets, and what is asked of them."""

from __future__ import annotations

import pytest

from tests.readers.policy.given import START, policy
from tests.support.judging import judged
from tests.support.pulls import changed, pull

BACKENDS = ("backend-dev", "http-api", "worker", "qa")
AREAS = [
    ("mealie/routes/recipe/recipe_crud.py", "endpoints"),
    ("api/message.go", "endpoints"),
    ("src/main/java/org/petclinic/rest/controller/OwnerRestController.java", "endpoints"),
    ("shop/resources/order.py", "endpoints"),
    ("server/customer/endpoints.py", "endpoints"),
    ("shop/urls.py", "endpoints"),
    ("src/users/users.controller.ts", "endpoints"),
    ("src/main/java/org/petclinic/owner/OwnerController.java", "endpoints"),
    ("server/router.go", "endpoints"),
    ("users/routers.go", "endpoints"),
    ("config/routes.rb", "endpoints"),
    ("mealie/services/scraper/scraper.py", "logic"),
    ("src/main/java/org/petclinic/service/ClinicService.java", "logic"),
    ("src/article/article.service.ts", "logic"),
    ("src/main/kotlin/shop/usecase/article/FeedUseCase.kt", "logic"),
    ("src/main/java/io/shop/application/ArticleQueryService.java", "logic"),
    ("mealie/db/models/recipe/recipe.py", "data"),
    ("src/article/article.entity.ts", "data"),
    ("prisma/schema.prisma", "data"),
    ("src/main/kotlin/shop/infra/ArticleRepositoryImpl.kt", "data"),
    ("users/models.go", "data"),
    ("model/message.go", "data"),
    ("database/message.go", "data"),
    ("src/main/java/org/petclinic/repository/jdbc/JdbcPet.java", "data"),
    ("alembic/versions/2024_add_flag.py", "migrations"),
    ("docs/openapi.yaml", "contract"),
    ("docs/guide.md", "docs"),
    ("README.md", "docs"),
    # Neither settings nor texts of a Java service are endpoints.
    ("src/main/resources/application.properties", "settings"),
    ("src/main/resources/db/h2/data.sql", ""),
    ("src/main/resources/messages/messages_de.properties", ""),
    # What tests or calls an endpoint is none.
    ("api/message_test.go", "tests"),
    ("tests/api/test_orders.py", "tests"),
    ("src/test/java/org/petclinic/rest/controller/OwnerRestControllerTests.java", "tests"),
    ("database/message_test.go", "tests"),
    ("frontend/lib/api/user/recipes.ts", ""),
    ("ui/src/client/ClientStore.ts", ""),
    # Code is code wherever it stands, and a contract is no mere page.
    ("docs/package.go", ""),
    ("poetry.lock", "generated"),
    ("ui/yarn.lock", "generated"),
]


@pytest.mark.parametrize(("path", "area"), AREAS)
@pytest.mark.parametrize("preset", BACKENDS)
def test_a_file_is_in_the_area_that_its_maintainer_expects(
    preset: str, path: str, area: str
) -> None:
    areas = policy(f"{START}preset: {preset}\n").areas

    found = [one.name for one in areas.values() if one.has(path) and one.name != "reviewed"]
    assert found == ([area] if area else [])


@pytest.mark.parametrize(
    ("path", "not_needed"),
    [
        ("docs/guide.md", "docs only"),
        ("poetry.lock", "generated files only"),
        ("docs/openapi.yaml", ""),
        ("docs/package.go", ""),
    ],
)
def test_only_pages_and_generated_files_are_let_pass_unasked(path: str, not_needed: str) -> None:
    report = judged(f"{START}preset: backend-dev\n", pull(changed(path, "", "x\n")))

    assert report.not_needed == not_needed


@pytest.mark.parametrize(
    ("paths", "asked"),
    [
        # Pages with pictures, a bump of dependencies, refreshed translations.
        (("README.md", "img/mail.png"), False),
        (("docs/guide/start.html", "img/mail.svg"), False),
        (("package.json", "package-lock.json"), False),
        (("requirements-dev.txt", "requirements.txt"), False),
        (("server/pyproject.toml", "pom.xml", "go.mod", "go.sum"), False),
        (("shop/translations/en/LC_MESSAGES/django.po",), False),
        (("src/i18n/de/common.json", "src/main/resources/messages_de.properties"), False),
        (("README.md", "shop/util.py"), True),
        (("docs/conf.py", "README.md"), True),
        ((".github/workflows/ci.yml",), True),
        (("Dockerfile", "package.json"), True),
        (("src/config/common.json",), True),
        (("shop/Index.php",), True),
    ],
)
@pytest.mark.parametrize("preset", [*BACKENDS, "library", "frontend-dev"])
def test_nobody_has_to_read_what_is_no_code(
    preset: str, paths: tuple[str, ...], asked: bool
) -> None:
    report = judged(f"{START}preset: {preset}\n", pull(*(changed(one, "", "x\n") for one in paths)))

    (entry,) = [one for one in report.entries if one.item == "conventions"]
    assert (entry.state != "not-needed") is asked


@pytest.mark.parametrize(
    "paths",
    [
        ("README.md", "img/mail.png"),
        ("package.json", "package-lock.json"),
        ("shop/translations/en/LC_MESSAGES/django.po",),
    ],
)
def test_pages_bumps_and_translations_are_asked_for_no_item_but_values(
    paths: tuple[str, ...],
) -> None:
    files = [changed(one, "", "x\n") for one in paths]
    report = judged(f"{START}preset: backend-dev\n", pull(*files))
    held = [one.item for one in report.entries if one.state != "not-needed"]

    assert (len(report.entries), held) == (13, ["no-hardcoded-values"])
