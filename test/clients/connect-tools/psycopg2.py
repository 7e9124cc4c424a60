import psycopg2

connection = psycopg2.connect("")
cursor = connection.cursor()
cursor.execute("select %s", (1,))
print(cursor.fetchone()[0])
connection.close()
