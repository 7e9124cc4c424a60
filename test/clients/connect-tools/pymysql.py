from os import environ

import pymysql

connection = pymysql.connect(
    host=environ["MYSQL_HOST"],
    port=int(environ["MYSQL_TCP_PORT"]),
    user=environ["MYSQL_USER"],
    password=environ["MYSQL_PWD"],
    database=environ["MYSQL_DATABASE"],
)
cursor = connection.cursor()
cursor.execute("select %s", (1,))
print(cursor.fetchone()[0])
connection.close()
