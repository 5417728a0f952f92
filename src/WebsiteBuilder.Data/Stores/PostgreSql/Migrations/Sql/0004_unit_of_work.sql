-- Ends a transaction in which a write was to match something and didn't: the outcomes of wbd.operation.
CREATE FUNCTION wbd.require_applied(outcome smallint) RETURNS void
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF outcome = 2 THEN
        RAISE EXCEPTION 'nothing has the key' USING ERRCODE = 'WB003';
    ELSIF outcome = 3 THEN
        RAISE EXCEPTION 'the stored version is another one' USING ERRCODE = 'WB004';
    END IF;
END
$$;
