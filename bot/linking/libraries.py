"""Packages that much of a system rests on, by the exact names of their registries."""

from __future__ import annotations

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
