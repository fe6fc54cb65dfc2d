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

    assert [one.name for one in areas.values() if one.has(path)] == ([area] if area else [])


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
