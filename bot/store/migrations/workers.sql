-- Revision 0003: several processes on one database.
ALTER TABLE dirty ADD COLUMN queued_at INTEGER;
ALTER TABLE dirty ADD COLUMN run_job INTEGER;
CREATE TABLE process (
  id TEXT NOT NULL,
  role TEXT NOT NULL,
  host TEXT NOT NULL,
  pid INTEGER NOT NULL,
  build TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL,
  PRIMARY KEY (id)
)
 WITHOUT ROWID;
CREATE TABLE spent (
  installation_id INTEGER NOT NULL,
  name TEXT NOT NULL,
  at INTEGER NOT NULL,
  cost INTEGER NOT NULL
);
CREATE INDEX spent_at ON spent (installation_id, name, at);
