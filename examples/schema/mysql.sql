create table orders (
  id integer auto_increment primary key,
  customer varchar(100) not null
);
create table order_lines (
  id integer auto_increment primary key,
  order_id integer not null references orders (id),
  product varchar(100) not null,
  quantity integer not null
);
