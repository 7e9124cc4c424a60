import type { ColumnType, Generated } from "kysely";

/** What the programs of Kysely work on. */
export interface PetShop {
  person: PersonTable;
  pet: PetTable;
}

interface PersonTable {
  id: Generated<number>;
  first_name: string;
  last_name: string | null;
  age: number | null;
  born_at: ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;
}

interface PetTable {
  id: Generated<number>;
  name: string;
  owner_id: number;
  species: "cat" | "dog" | "hamster";
}
