create table orders (
  id integer generated always as identity primary key,
  customer text not null
);
create table order_lines (
  id integer generated always as identity primary key,
  order_id integer not null references orders,
  product text not null,
  quantity integer not null
);
