-- Which orders are to be folded anew, likewise. While it is made, orders are not shown to search; they are afterwards.

create index order_search_to_be_folded on order_search (order_id) where words is null or folding < 2;
