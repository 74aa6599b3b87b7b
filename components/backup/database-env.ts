// How a task of the platform's own finds the database: the names that services know, straight at the server and past any pool.
import type { Input } from "@pulumi/pulumi";

export function databaseEnv(database: {
  readonly host: Input<string>;
  readonly port: number;
  readonly databaseName: Input<string>;
  readonly owner: string;
}): Readonly<Record<string, Input<string>>> {
  return {
    DATABASE_HOST: database.host,
    DATABASE_PORT: String(database.port),
    DATABASE_NAME: database.databaseName,
    DATABASE_USER: database.owner,
    DATABASE_SSLMODE: "require",
  };
}
