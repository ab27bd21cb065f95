-- order_search_to_be_folded takes its place.

drop index order_search_to_fold;
