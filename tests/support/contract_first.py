"""Pull requests of a Spring controller whose interface is generated from the contract."""

from __future__ import annotations

from bot.linking.route_changes import Places, route_needs
from bot.model.area import Area
from bot.model.facts import Facts
from tests.support.pulls import changed
from tests.support.sources import written

CONTROLLER = "src/main/java/shop/BooksController.java"
TEST = "src/test/java/shop/BooksControllerTests.java"
CONTRACT = "src/main/resources/openapi.yml"
PLACES = Places(contract=Area("contract", ("**/openapi.yml",)))


def operation(path: str, method: str, name: str, *more: str) -> str:
    lines = ("responses: {'200': {description: ok}, '404': {description: none}}", *more)
    said = "".join(f"      {line}\n" for line in (f"operationId: {name}", *lines))
    return f"  {path}:\n    {method}:\n{said}"


BODY = "requestBody: {content: {application/json: {schema: {type: object}}}}"
LIST = operation("/books", "get", "list-books")
READ = operation(
    "/books/{id}",
    "get",
    "getBook",
    "parameters: [{name: id, in: path, required: true, schema: {type: integer}}]",
)
MAKE = operation("/books/{id}/pages", "post", "AddPage", BODY, "security: [{login: []}]")
DOCUMENT = "openapi: 3.0.1\ninfo: {title: Books, version: '1'}\n"
SERVED = "servers: [{url: 'https://books.example/api'}]\n"
LOGIN = "components: {securitySchemes: {login: {type: http, scheme: basic}}}\n"
METHODS = {
    "listBooks": "ResponseEntity<List<Book>> listBooks(String author)",
    "getBook": "ResponseEntity<Book> getBook(Integer id)",
    "addPage": "ResponseEntity<Page> addPage(Integer id, PageFields page)",
}


def contract(*operations: str, server: str = "") -> str:
    return f"{DOCUMENT}{server}{LOGIN}paths:\n{''.join(operations)}"


def controller(*methods: str, prefix: str = '@RequestMapping("/api")', mark: str = "") -> str:
    """A controller of the generated interface; each method is two lines with its annotation."""
    body = "".join(
        f"    {mark} @Override\n    public {METHODS.get(one, one)} {{ return null; }}\n"
        for one in methods
    )
    head = "package shop;\nimport org.springframework.web.bind.annotation.*;\n"
    head += "import shop.generated.BooksApi;\n"
    return f"{head}@RestController {prefix}\nclass BooksController implements BooksApi {{\n{body}}}"


ALL = contract(LIST, READ, MAKE, server=SERVED)


def pull(
    head: str, files: dict[str, str] | None = None, base: str = "", old: str | None = None
) -> Facts:
    """The controller is written or altered beside other files; `old`: the contract before."""
    around = {CONTRACT: ALL, **(files or {})}
    texts = {CONTROLLER: (base, head)}
    if old is not None:
        texts[CONTRACT] = (old, around.pop(CONTRACT))
    rows = tuple(changed(path, *both) for path, both in texts.items())
    return written(route_needs(PLACES, rows), texts, unchanged=around)


EVERY = controller("listBooks", "getBook", "addPage")
