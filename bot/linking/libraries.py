"""Packages that much of a system rests on, by the exact names of their registries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.linking.news import TESTS, heads
from bot.model.area import Area

if TYPE_CHECKING:
    from bot.model.facts import Facts

_AUTH = """
passlib pwdlib bcrypt argon2-cffi pyjwt python-jose joserfc authlib oauthlib requests-oauthlib
flask-login flask-jwt-extended flask-security flask-security-too flask-httpauth django-allauth
django-oauth-toolkit social-auth-app-django djangorestframework-simplejwt fastapi-users
python3-saml pysaml2
passport jsonwebtoken jose bcryptjs argon2 express-session express-jwt express-openid-connect
@nestjs/passport @nestjs/jwt @fastify/jwt @fastify/auth openid-client next-auth
github.com/golang-jwt/jwt github.com/coreos/go-oidc github.com/zitadel/oidc golang.org/x/oauth2
github.com/go-chi/jwtauth github.com/casbin/casbin github.com/gorilla/sessions
github.com/lestrrat-go/jwx
org.springframework.boot:spring-boot-starter-security
org.springframework.boot:spring-boot-starter-oauth2-client
org.springframework.boot:spring-boot-starter-oauth2-resource-server
io.jsonwebtoken:jjwt io.jsonwebtoken:jjwt-api com.auth0:java-jwt com.nimbusds:nimbus-jose-jwt
devise omniauth jwt doorkeeper warden pundit cancancan sorcery
"""
_LOGGING = """
loguru structlog python-json-logger logbook
winston pino bunyan log4js morgan nestjs-pino loglevel tslog
github.com/rs/zerolog go.uber.org/zap github.com/sirupsen/logrus github.com/charmbracelet/log
ch.qos.logback:logback-classic org.apache.logging.log4j:log4j-core org.tinylog:tinylog-api
io.github.oshai:kotlin-logging-jvm org.springframework.boot:spring-boot-starter-log4j2
lograge semantic_logger ougai
"""
_DRIVERS = """
psycopg psycopg2 psycopg2-binary asyncpg mysqlclient pymysql aiomysql oracledb pyodbc
pg mysql mysql2 mssql postgres
github.com/lib/pq github.com/jackc/pgx github.com/go-sql-driver/mysql
gorm.io/driver/postgres gorm.io/driver/mysql
org.postgresql:postgresql com.mysql:mysql-connector-j org.mariadb.jdbc:mariadb-java-client
"""
LIBRARIES = {
    "auth-library": frozenset(_AUTH.split()),
    "logging-library": frozenset(_LOGGING.split()),
    "database-driver": frozenset(_DRIVERS.split()),
}
# What is imported under another name than the registry's.
_MODULES = {
    "pyjwt": "jwt",
    "python-jose": "jose",
    "argon2-cffi": "argon2",
    "python-json-logger": "pythonjsonlogger",
}


def users(facts: Facts, library: str) -> list[tuple[str, int]]:
    """The added lines that import it, the first of each file; tests aside."""
    module = _MODULES.get(library, library.partition(":")[0])
    starts = {module, module.replace("-", "_")}
    read, _ = heads(facts, Area("generated", ()), lambda path: not TESTS.has(path))
    found = [
        (head.file.path, line)
        for head in read
        for line, name in head.value.imports
        if head.added(line, line)
        and any(name == one or name.startswith((f"{one}.", f"{one}/")) for one in starts)
    ]
    return sorted({path: (path, line) for path, line in reversed(found)}.values())
