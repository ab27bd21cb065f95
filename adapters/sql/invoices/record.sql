-- invoices.record: of those that still have that number, and which these are
update invoices i
set edition = p.edition, printer = p.printer, size = p.size, sha256 = p.sha256, xml_sha256 = p.xml_sha256,
    unprintable = p.unprintable
from unnest($1::uuid[], $2::integer[], $3::integer[], $4::smallint[], $5::text[], $6::bigint[], $7::bytea[], $8::bytea[],
            $9::integer[])
    as p (order_id, year, number, edition, printer, size, sha256, xml_sha256, unprintable)
where i.order_id = p.order_id and i.year = p.year and i.number = p.number
returning i.order_id
