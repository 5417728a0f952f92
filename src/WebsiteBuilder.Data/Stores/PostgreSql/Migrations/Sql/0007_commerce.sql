-- Stock, orders and money. Nothing here goes with an account: an account that has ordered can't be deleted.
CREATE TABLE inventory_levels (
    sku        text PRIMARY KEY CONSTRAINT inventory_levels_sku_check CHECK (length(sku) BETWEEN 1 AND 64),
    on_hand    bigint NOT NULL CONSTRAINT inventory_levels_on_hand_check CHECK (on_hand >= 0),
    reserved   bigint NOT NULL,
    updated_at timestamptz NOT NULL,
    version    bigint NOT NULL DEFAULT 1,
    CONSTRAINT inventory_levels_reserved_check CHECK (reserved BETWEEN 0 AND on_hand)
) WITH (fillfactor = 80);

CREATE TABLE orders (
    id               uuid PRIMARY KEY,
    user_id          uuid NOT NULL REFERENCES users (id),
    status           text NOT NULL CONSTRAINT orders_status_check CHECK (status IN ('placed', 'paid', 'shipped', 'delivered', 'cancelled', 'refunded')),
    charges_minor    bigint NOT NULL,
    total_minor      bigint NOT NULL CONSTRAINT orders_total_minor_check CHECK (total_minor >= 0),
    currency         text NOT NULL CONSTRAINT orders_currency_check CHECK (currency ~ '^[A-Z]{3}$'),
    shipping_address jsonb,
    created_at       timestamptz NOT NULL,
    updated_at       timestamptz NOT NULL,
    version          bigint NOT NULL DEFAULT 1,
    CONSTRAINT orders_id_currency_key UNIQUE (id, currency)
);
CREATE INDEX orders_user_id_idx ON orders (user_id, created_at, id);
CREATE INDEX orders_status_idx ON orders (status, created_at, id);

-- The ways that an order may go, for every writer.
CREATE FUNCTION wbd.require_order_transition() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.status, NEW.status) NOT IN (
        ('placed', 'paid'), ('placed', 'cancelled'),
        ('paid', 'shipped'), ('paid', 'refunded'),
        ('shipped', 'delivered'), ('shipped', 'refunded'),
        ('delivered', 'refunded')) THEN
        RAISE EXCEPTION 'an order can''t go this way' USING ERRCODE = 'check_violation', CONSTRAINT = 'orders_status_transition';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER orders_status_transition BEFORE UPDATE ON orders
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION wbd.require_order_transition();

CREATE TABLE order_lines (
    order_id         uuid NOT NULL,
    line_number      integer NOT NULL CONSTRAINT order_lines_line_number_check CHECK (line_number >= 1),
    sku              text NOT NULL CONSTRAINT order_lines_sku_check CHECK (length(sku) BETWEEN 1 AND 64),
    description      text CONSTRAINT order_lines_description_check CHECK (length(description) <= 500),
    quantity         integer NOT NULL CONSTRAINT order_lines_quantity_check CHECK (quantity >= 1),
    unit_price_minor bigint NOT NULL CONSTRAINT order_lines_unit_price_minor_check CHECK (unit_price_minor >= 0),
    currency         text NOT NULL,
    version          bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (order_id, line_number),
    CONSTRAINT order_lines_order_id_fkey FOREIGN KEY (order_id, currency) REFERENCES orders (id, currency) ON DELETE CASCADE
);

CREATE TABLE financial_transactions (
    id                 uuid PRIMARY KEY,
    user_id            uuid NOT NULL REFERENCES users (id),
    order_id           uuid REFERENCES orders (id),
    kind               text NOT NULL CONSTRAINT financial_transactions_kind_check CHECK (kind IN ('charge', 'refund')),
    status             text NOT NULL CONSTRAINT financial_transactions_status_check CHECK (status IN ('pending', 'succeeded', 'failed')),
    amount_minor       bigint NOT NULL CONSTRAINT financial_transactions_amount_minor_check CHECK (amount_minor > 0),
    currency           text NOT NULL CONSTRAINT financial_transactions_currency_check CHECK (currency ~ '^[A-Z]{3}$'),
    provider           text CONSTRAINT financial_transactions_provider_check CHECK (length(provider) BETWEEN 1 AND 50),
    provider_reference text CONSTRAINT financial_transactions_provider_reference_check CHECK (length(provider_reference) BETWEEN 1 AND 200),
    created_at         timestamptz NOT NULL,
    settled_at         timestamptz,
    version            bigint NOT NULL DEFAULT 1,
    CONSTRAINT financial_transactions_settled_at_check CHECK ((settled_at IS NULL) = (status = 'pending')),
    CONSTRAINT financial_transactions_provider_reference_key UNIQUE (provider, provider_reference)
);
CREATE INDEX financial_transactions_user_id_idx ON financial_transactions (user_id, created_at, id);
CREATE INDEX financial_transactions_order_id_idx ON financial_transactions (order_id, created_at, id) WHERE order_id IS NOT NULL;
CREATE INDEX financial_transactions_status_idx ON financial_transactions (status, created_at, id);

-- Money that moved is corrected by another transaction, never by rewriting this one.
CREATE FUNCTION wbd.require_same_money() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what a financial transaction is about doesn''t change' USING ERRCODE = 'check_violation', CONSTRAINT = 'financial_transactions_fixed';
END
$$;
CREATE TRIGGER financial_transactions_fixed BEFORE UPDATE ON financial_transactions
    FOR EACH ROW WHEN (
        (OLD.user_id, OLD.order_id, OLD.kind, OLD.amount_minor, OLD.currency) IS DISTINCT FROM (NEW.user_id, NEW.order_id, NEW.kind, NEW.amount_minor, NEW.currency)
        OR (OLD.status <> 'pending' AND OLD.status <> NEW.status))
    EXECUTE FUNCTION wbd.require_same_money();
