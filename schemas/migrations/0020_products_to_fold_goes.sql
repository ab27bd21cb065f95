-- products_to_be_folded takes its place.

drop index products_to_fold;
