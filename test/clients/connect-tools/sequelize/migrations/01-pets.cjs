module.exports = {
  up: (queryInterface, { INTEGER }) => queryInterface.createTable("connect_pets", { id: INTEGER }),
  down: (queryInterface) => queryInterface.dropTable("connect_pets"),
};
