-- A constraint is added without looking at the rows, and looks at them without keeping writers out.
alter table products add constraint products_weight_check check (weight_grams > 0) not valid;
alter table products validate constraint products_weight_check;
