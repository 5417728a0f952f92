-- Shopping carts: where the carts of all regions meet. What a line holds, and which of two lines stays, is the client's to say. A cart may come before its user's account is here, so it
-- refers to none.
CREATE TABLE carts (
    user_id    uuid PRIMARY KEY,
    lines      jsonb NOT NULL,
    updated_at timestamptz NOT NULL,
    version    bigint NOT NULL DEFAULT 1
) WITH (fillfactor = 80);
