-- Keys are forgotten by id. Each acceptance paid for this index.

drop index submissions_by_age;
