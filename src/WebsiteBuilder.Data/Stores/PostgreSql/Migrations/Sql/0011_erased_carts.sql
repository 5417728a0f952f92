-- A cart that was cleared, erased or deleted stays so: other regions may still have a copy, and bring it later. Of a row that is there the column says up to which stamp all of it is gone;
-- of one that was deleted, by whomever, wbd.erased_cart does. Stamps are compared byte by byte. The
-- functions have their owner's rights: who writes carts needs none on the table.
ALTER TABLE carts ADD COLUMN erased text COLLATE "C";

CREATE TABLE wbd.erased_cart (
    user_id uuid PRIMARY KEY,
    stamp   text COLLATE "C" NOT NULL
);

-- What the row had is gone, and what was said before now, by this server's clock.
CREATE FUNCTION wbd.remember_erased_cart() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO wbd.erased_cart AS known (user_id, stamp)
    VALUES (
        OLD.user_id,
        greatest(
            OLD.erased,
            lpad((extract(epoch FROM clock_timestamp()) * 1000)::bigint::text, 15, '0') || '99999~',
            (SELECT max((stamp #>> '{}') COLLATE "C") FROM jsonb_path_query(OLD.lines, '$[*].stamp') AS stamp)))
    ON CONFLICT (user_id) DO UPDATE SET stamp = greatest(known.stamp, EXCLUDED.stamp);
    RETURN NULL;
END
$$;
CREATE TRIGGER carts_remember_erased AFTER DELETE ON carts FOR EACH ROW EXECUTE FUNCTION wbd.remember_erased_cart();

-- Whoever inserts may not know of it.
CREATE FUNCTION wbd.keep_cart_erased() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    known text COLLATE "C";
BEGIN
    IF TG_OP = 'UPDATE' THEN
        NEW.erased := greatest(OLD.erased, NEW.erased);
        RETURN NEW;
    END IF;
    SELECT stamp INTO known FROM wbd.erased_cart WHERE user_id = NEW.user_id;
    IF known IS NULL OR known <= NEW.erased THEN
        RETURN NEW;
    ELSIF TG_WHEN = 'AFTER' THEN
        -- It was deleted while the insert waited for it.
        RAISE EXCEPTION 'the cart was erased at the same time' USING ERRCODE = 'serialization_failure';
    END IF;
    NEW.erased := known;
    NEW.lines := (
        SELECT coalesce(jsonb_agg(line ORDER BY at), '[]')
        FROM jsonb_array_elements(NEW.lines) WITH ORDINALITY AS lines (line, at)
        WHERE (line ->> 'stamp') COLLATE "C" > known);
    RETURN NEW;
END
$$;
CREATE TRIGGER carts_keep_erased BEFORE INSERT ON carts FOR EACH ROW EXECUTE FUNCTION wbd.keep_cart_erased();
CREATE TRIGGER carts_still_erased AFTER INSERT ON carts FOR EACH ROW EXECUTE FUNCTION wbd.keep_cart_erased();
CREATE TRIGGER carts_no_less_erased BEFORE UPDATE ON carts
    FOR EACH ROW WHEN (NEW.erased IS DISTINCT FROM OLD.erased) EXECUTE FUNCTION wbd.keep_cart_erased();

-- A truncation would leave no trace of what was deleted.
CREATE FUNCTION wbd.refuse_truncated_carts() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'carts are deleted, not truncated: that they are gone must be remembered' USING ERRCODE = 'feature_not_supported';
END
$$;
CREATE TRIGGER carts_refuse_truncate BEFORE TRUNCATE ON carts FOR EACH STATEMENT EXECUTE FUNCTION wbd.refuse_truncated_carts();
