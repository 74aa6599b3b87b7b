// The part of the schema that says what a bucket is and where copies go. Defaults and rules stand in storage.ts.
import { z } from "zod";
import { purposes } from "../components/storage/index";

const days = () => z.int().min(0).max(3650).optional();
const expiry = {
  infrequentAfterDays: days().describe(
    "Days after which an object moves to the class for what is seldom read (Standard-IA, cool): 30 or more. 0: never.",
  ),
  coldAfterDays: days().describe(
    "Days until the class for what is hardly ever read, and still at once (Glacier Instant Retrieval, cold): 30 more. 0: never.",
  ),
  archiveAfterDays: days().describe(
    "Days until the class that takes hours to read (Glacier Deep Archive, archive). Azure sells it for `backups` and in dev only; elsewhere the cold tier takes its place. 0: never.",
  ),
  expireDays: days().describe("Days after which an object is deleted. 0: kept."),
};

export const bucketSchema = z.strictObject({
  enabled: z.boolean().optional().describe("`false` removes a bucket of the preset."),
  purpose: z
    .enum(purposes)
    .optional()
    .describe(
      "What it is for, which decides its defaults and its key: all but `assets` have the stack's own. Required for a name that is none of the purposes.",
    ),
  lifecycle: z
    .strictObject({
      ...expiry,
      versionsDays: z.int().min(1).max(365).optional().describe("Days that a replaced or deleted object can be brought back."),
      folders: z
        .record(
          z
            .string()
            .regex(/^[a-z][a-z0-9]{0,19}$/)
            .meta({ allowed: "1 to 20 small letters and digits; a letter first" }),
          z.strictObject(expiry),
        )
        .optional()
        .describe("Other days for objects below a folder: `archive` is `archive/…`. The earlier day counts."),
    })
    .optional()
    .describe("What becomes of objects with time."),
  replicate: z
    .boolean()
    .optional()
    .describe("Keep a copy in the second region. AWS: replication to a bucket there. Azure: object replication to an account there."),
});

export const filesSchema = z.strictObject({
  enabled: z
    .boolean()
    .optional()
    .describe("`true`: the stack has shared files, which services get by `uses: { files: read | readWrite }`."),
  path: z.string().optional().describe("Where services find them: an absolute path, in every service the same."),
});

export const secondRegionSchema = z.strictObject({
  aws: z.string().optional().describe("The second region on AWS."),
  azure: z.string().optional().describe("The second region on Azure; it need not be the pair of the first."),
});
