-- Products are listed by the bytes of their SKUs, which is the order of every table that may hold a copy of them. A database
-- that sorts by the rules of a language could not use the primary key for that.

create index products_by_sku_bytes on products (sku collate "C");
