-- The first store, revision 0001; a released revision never changes.
CREATE TABLE budget (
  installation_id INTEGER NOT NULL,
  resource TEXT NOT NULL,
  blocked_until INTEGER NOT NULL,
  why TEXT DEFAULT '' NOT NULL,
  PRIMARY KEY (installation_id, resource)
)
 WITHOUT ROWID;
CREATE TABLE delivery (
  guid TEXT NOT NULL,
  received_at INTEGER NOT NULL,
  event TEXT NOT NULL,
  action TEXT,
  installation_id INTEGER,
  repo_id INTEGER,
  pr TEXT,
  sha TEXT,
  lane INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  hear INTEGER DEFAULT 0 NOT NULL,
  said TEXT,
  seq INTEGER DEFAULT 0 NOT NULL,
  facts TEXT,
  PRIMARY KEY (guid)
)
 WITHOUT ROWID;
CREATE INDEX delivery_received ON delivery (received_at);
CREATE INDEX delivery_to_hear ON delivery (pr) WHERE hear = 1;
CREATE TABLE installation (
  id INTEGER NOT NULL,
  login TEXT DEFAULT '' NOT NULL,
  permissions TEXT DEFAULT '{}' NOT NULL,
  suspended_at INTEGER,
  removed_at INTEGER,
  checked_at INTEGER DEFAULT 0 NOT NULL,
  PRIMARY KEY (id)
);
CREATE TABLE meta (
  "key" TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY ("key")
)
 WITHOUT ROWID;
CREATE TABLE outbox (
  "key" TEXT NOT NULL,
  kind TEXT NOT NULL,
  class INTEGER NOT NULL,
  installation_id INTEGER NOT NULL,
  pr TEXT NOT NULL,
  gen INTEGER NOT NULL,
  digest TEXT NOT NULL,
  payload TEXT NOT NULL,
  state TEXT DEFAULT 'pending' NOT NULL,
  attempts INTEGER DEFAULT 0 NOT NULL,
  due_at INTEGER NOT NULL,
  sending_at INTEGER,
  error TEXT,
  planned_at INTEGER NOT NULL,
  PRIMARY KEY ("key")
);
CREATE INDEX outbox_pr ON outbox (pr);
CREATE TABLE policy (
  scope TEXT NOT NULL,
  blob_id TEXT,
  digest TEXT,
  relevance TEXT,
  body TEXT,
  loaded_at INTEGER NOT NULL,
  PRIMARY KEY (scope)
);
CREATE TABLE published (
  "key" TEXT NOT NULL,
  kind TEXT NOT NULL,
  repo_id INTEGER NOT NULL,
  pr TEXT,
  head_sha TEXT,
  remote_id INTEGER,
  gen INTEGER DEFAULT 0 NOT NULL,
  digest TEXT NOT NULL,
  state TEXT DEFAULT 'live' NOT NULL,
  detail TEXT DEFAULT '{}' NOT NULL,
  written_at INTEGER NOT NULL,
  PRIMARY KEY ("key")
)
 WITHOUT ROWID;
CREATE INDEX published_head ON published (repo_id, head_sha);
CREATE INDEX published_pr ON published (pr);
CREATE INDEX published_remote ON published (kind, remote_id);
CREATE INDEX published_written ON published (written_at);
CREATE TABLE report (
  id TEXT NOT NULL,
  pr TEXT NOT NULL,
  head_sha TEXT NOT NULL,
  base_sha TEXT NOT NULL,
  seq INTEGER NOT NULL,
  mode TEXT NOT NULL,
  conclusion TEXT NOT NULL,
  policy_digest TEXT NOT NULL,
  facts_digest TEXT NOT NULL,
  verdict_digest TEXT NOT NULL,
  code TEXT NOT NULL,
  judged_at INTEGER NOT NULL,
  confirmed_at INTEGER NOT NULL,
  body BLOB NOT NULL,
  matter BLOB,
  PRIMARY KEY (id)
);
CREATE INDEX report_judged ON report (judged_at);
CREATE INDEX report_whole ON report (judged_at) WHERE matter IS NOT NULL;
CREATE INDEX report_pr ON report (pr, judged_at);
CREATE TABLE timer (
  "key" TEXT NOT NULL,
  due_at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  pr TEXT,
  set_at INTEGER NOT NULL,
  PRIMARY KEY ("key")
)
 WITHOUT ROWID;
CREATE INDEX timer_due ON timer (due_at);
CREATE INDEX timer_pr ON timer (pr) WHERE pr IS NOT NULL;
CREATE TABLE repository (
  id INTEGER NOT NULL,
  installation_id INTEGER NOT NULL,
  full_name TEXT NOT NULL,
  default_branch TEXT,
  archived INTEGER DEFAULT 0 NOT NULL,
  removed_at INTEGER,
  found_at INTEGER DEFAULT 0 NOT NULL,
  reconcile_at INTEGER DEFAULT 0 NOT NULL,
  checked_at INTEGER DEFAULT 0 NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY(installation_id) REFERENCES installation (id)
);
CREATE INDEX repository_installation ON repository (installation_id);
CREATE TABLE dirty (
  pr TEXT NOT NULL,
  installation_id INTEGER NOT NULL,
  repo_id INTEGER NOT NULL,
  number INTEGER NOT NULL,
  lane INTEGER NOT NULL,
  seq INTEGER DEFAULT 0 NOT NULL,
  evaluated_seq INTEGER DEFAULT 0 NOT NULL,
  forced_seq INTEGER DEFAULT 0 NOT NULL,
  first_at INTEGER,
  due_at INTEGER,
  hold_until INTEGER DEFAULT 0 NOT NULL,
  last_run_at INTEGER DEFAULT 0 NOT NULL,
  gap INTEGER DEFAULT 1000 NOT NULL,
  burst_at INTEGER DEFAULT 0 NOT NULL,
  burst INTEGER DEFAULT 0 NOT NULL,
  attempts INTEGER DEFAULT 0 NOT NULL,
  soft INTEGER DEFAULT 0 NOT NULL,
  crashes INTEGER DEFAULT 0 NOT NULL,
  parked TEXT DEFAULT 'no' NOT NULL,
  reason TEXT,
  expect TEXT,
  delivery TEXT,
  run_epoch INTEGER DEFAULT 0 NOT NULL,
  run_owner TEXT,
  run_seq INTEGER,
  run_lane INTEGER,
  run_first_at INTEGER,
  run_started_at INTEGER,
  PRIMARY KEY (pr),
  CONSTRAINT dirty_forward CHECK (seq >= evaluated_seq),
  FOREIGN KEY(repo_id) REFERENCES repository (id)
)
 WITHOUT ROWID;
CREATE INDEX dirty_due ON dirty (due_at) WHERE run_owner IS NULL AND parked = 'no' AND due_at IS NOT NULL;
CREATE INDEX dirty_ready ON dirty (installation_id, (due_at + CASE WHEN lane = 0 THEN -3600000 ELSE lane * 60000 END)) WHERE run_owner IS NULL AND parked = 'no' AND due_at IS NOT NULL;
CREATE INDEX dirty_running ON dirty (run_owner) WHERE run_owner IS NOT NULL;
CREATE TABLE head_index (
  repo_id INTEGER NOT NULL,
  number INTEGER NOT NULL,
  sha TEXT NOT NULL,
  base_ref TEXT NOT NULL,
  base_sha TEXT NOT NULL,
  fork INTEGER DEFAULT 0 NOT NULL,
  current INTEGER DEFAULT 1 NOT NULL,
  open INTEGER DEFAULT 1 NOT NULL,
  since INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (repo_id, number, sha),
  FOREIGN KEY(repo_id) REFERENCES repository (id)
)
 WITHOUT ROWID;
CREATE INDEX head_open ON head_index (repo_id, sha) WHERE open = 1 AND current = 1;
CREATE TABLE policy_text (
  digest TEXT NOT NULL,
  body BLOB NOT NULL,
  stored_at INTEGER NOT NULL,
  PRIMARY KEY (digest)
);
