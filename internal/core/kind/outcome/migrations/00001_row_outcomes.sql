-- What happened to single rows of other systems during executions. An execution
-- is a run with a small number, so that a row costs few bytes. A batch is what
-- one step has written at once: it is known by its fingerprint, and so is not
-- written twice.
-- +goose Up
CREATE TABLE kind_runs (
	workspace BIGINT NOT NULL,
	execution {text} NOT NULL,
	run       BIGINT NOT NULL, -- counted per workspace
	PRIMARY KEY (workspace, execution)
) {clustered};

CREATE UNIQUE INDEX kind_runs_by_number ON kind_runs (workspace, run);

CREATE TABLE kind_outcome_batches (
	workspace   BIGINT NOT NULL,
	run         BIGINT NOT NULL,
	fingerprint {text} NOT NULL,
	PRIMARY KEY (workspace, run, fingerprint)
) {clustered};

CREATE TABLE kind_outcome_rows (
	workspace BIGINT NOT NULL,
	run       BIGINT NOT NULL,
	number    BIGINT NOT NULL, -- from 1, without gaps
	table_name {text} NOT NULL,
	record    {text} NOT NULL,
	field     {text} NOT NULL, -- empty: the whole row
	what      {text} NOT NULL,
	code      {text} NOT NULL,
	message   {text} NOT NULL,
	PRIMARY KEY (workspace, run, number)
) {clustered};

CREATE TABLE kind_outcome_counts (
	workspace  BIGINT NOT NULL,
	run        BIGINT NOT NULL,
	table_name {text} NOT NULL,
	what       {text} NOT NULL,
	code       {text} NOT NULL,
	counted    BIGINT NOT NULL, -- also those that were not kept
	PRIMARY KEY (workspace, run, table_name, what, code)
) {clustered};
