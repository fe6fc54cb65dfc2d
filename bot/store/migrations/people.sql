-- Revision 0002: what people did, and who was asked when.
CREATE TABLE act (
  id TEXT NOT NULL,
  "key" TEXT NOT NULL,
  repo_id INTEGER NOT NULL,
  number INTEGER NOT NULL,
  kind TEXT NOT NULL,
  actor_id INTEGER NOT NULL,
  said_at INTEGER NOT NULL,
  recorded_at INTEGER NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (id)
)
 WITHOUT ROWID;
CREATE UNIQUE INDEX act_key ON act (repo_id, number, "key");
CREATE TABLE asked (
  login TEXT NOT NULL,
  at INTEGER NOT NULL,
  cause TEXT NOT NULL,
  PRIMARY KEY (login, at, cause)
)
 WITHOUT ROWID;
CREATE INDEX asked_at ON asked (at);
