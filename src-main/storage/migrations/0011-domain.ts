import type { Migration } from './index.ts'

/** What domain-named servers need beside their name: key answers to pass on as a notary, and OpenID tokens. */
export const domainMigration: Migration = {
  id: 11,
  name: 'domain',
  sql: `
    CREATE TABLE server_key_answers (
      server_name TEXT NOT NULL,
      -- Of the current keys, sorted: a newer answer with the same ones takes the place of the one before.
      key_ids TEXT NOT NULL,
      -- As it was published, with the server's own signature.
      answer TEXT NOT NULL,
      valid_until_ts INTEGER NOT NULL,
      fetched_ts INTEGER NOT NULL,
      PRIMARY KEY (server_name, key_ids)
    ) STRICT;
    CREATE INDEX server_key_answers_age ON server_key_answers (fetched_ts);

    CREATE TABLE openid_tokens (
      token_hash TEXT PRIMARY KEY,
      user_id TEXT NOT NULL,
      expires_ts INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX openid_tokens_expiry ON openid_tokens (expires_ts);
  `,
}
