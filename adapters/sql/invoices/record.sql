-- invoices.record
update invoices i
set edition = p.edition, printer = p.printer, size = p.size, sha256 = p.sha256, xml_sha256 = p.xml_sha256,
    unprintable = p.unprintable
from unnest($1::uuid[], $2::smallint[], $3::text[], $4::bigint[], $5::bytea[], $6::bytea[], $7::integer[])
    as p (order_id, edition, printer, size, sha256, xml_sha256, unprintable)
where i.order_id = p.order_id
