const { DataSource } = require("typeorm");

class Pets1700000000000 {
  name = "Pets1700000000000";
  up(runner) {
    return runner.query("create table connect_pets (id int)");
  }
  down(runner) {
    return runner.query("drop table connect_pets");
  }
}

const { DIALECT: type, DATABASE_URL: url } = process.env;
module.exports = new DataSource({ type, url, migrations: [Pets1700000000000] });
