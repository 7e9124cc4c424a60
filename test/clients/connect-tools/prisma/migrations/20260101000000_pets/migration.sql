create table connect_pets (id integer primary key);
