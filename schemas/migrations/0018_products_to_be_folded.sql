-- Which products are to be folded anew. Of what is written today nothing is in this index. Orders go on while it is made.

create index products_to_be_folded on products (sku) where folded_for is distinct from name or folding < 2;
