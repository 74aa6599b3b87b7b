// Buckets and the second region in the settings: what is laid over what, and what is refused.
import { expect } from "chai";
import { faults, settings } from "./support";

const buckets = (stated: Record<string, unknown>, more: Record<string, unknown> = {}) => ({
  config: { environment: "prod", storage: { buckets: stated }, ...more },
});
const lifecycle = (given: Record<string, unknown>) => buckets({ documents: { lifecycle: given } });
const found = (given: Parameters<typeof faults>[0]) =>
  faults(given).map(({ path, given: value, problem, remedy }) => [path, value, `${problem}; ${remedy}`]);

describe("buckets in the settings", () => {
  it("lays a bucket over the preset's, entry by entry; 0 takes a step away", () => {
    const stated = {
      uploads: { lifecycle: { coldAfterDays: 0, expireDays: 500, folders: { tmp: { expireDays: 1, archiveAfterDays: 0 } } } },
      backups: { replicate: false },
    };
    const { buckets: made } = settings(buckets(stated));
    expect(made.uploads).to.deep.equal({
      purpose: "uploads",
      lifecycle: { infrequentAfterDays: 30, expireDays: 500, versionsDays: 30, folders: { tmp: { expireDays: 1 } } },
      replicate: false,
    });
    expect(made.backups).to.deep.include({ purpose: "backups", replicate: false });
    expect(Object.keys(made)).to.deep.equal(["documents", "uploads", "backups", "assets"]);
  });

  it("takes more buckets by their purpose, which their name may be", () => {
    const dev = settings({ config: { storage: { buckets: { invoices: { purpose: "documents", replicate: true }, assets: {} } } } }).buckets;
    expect(Object.keys(dev)).to.deep.equal(["documents", "uploads", "invoices", "assets"]);
    expect(dev.invoices).to.deep.equal({ ...dev.documents, replicate: true });
    expect(dev.assets).to.deep.equal({ purpose: "assets", lifecycle: { versionsDays: 7, folders: {} }, replicate: false });
    // The preset's entry of another purpose has nothing to give.
    const other = settings(buckets({ uploads: { purpose: "assets" } })).buckets.uploads;
    expect(other).to.deep.equal({ purpose: "assets", lifecycle: { versionsDays: 30, folders: {} }, replicate: false });
  });

  it("asks what a bucket of another name is for, and what a removed one was", () => {
    expect(found(buckets({ invoices: {} }))).to.deep.equal([
      [
        "storage.buckets.invoices.purpose",
        undefined,
        'is missing: "invoices" is none of documents, uploads, backups, assets, so it says what it is for; pulumi config set --path storage.buckets.invoices.purpose documents',
      ],
    ]);
    expect(found(buckets({ document: { enabled: false } }))).to.deep.equal([
      [
        "storage.buckets.document.enabled",
        false,
        'nothing to remove: the preset has documents, uploads, backups, assets; did you mean "documents"?',
      ],
    ]);
    expect(found(buckets({ invoices: { enabled: false } }))[0]?.[2]).to.match(/remove storage.buckets.invoices$/);
  });

  it("shares one list of names with all else", () => {
    expect(found(buckets({ jobs: { purpose: "documents" } }))).to.deep.equal([
      [
        "storage.buckets.jobs",
        "jobs",
        "the same name as queues.jobs: queues, topics, buckets, services and the platform's parts share one list of names; rename it",
      ],
    ]);
    expect(found(buckets({ logs: { purpose: "documents" } }))[0]?.[0]).to.equal("storage.buckets.logs");
  });

  it("refuses variables that a bucket brings", () => {
    const env = { DOCUMENTS_URL: "x", DOCUMENTS_NAME: "x", DOCUMENTS_KIND: "x" };
    expect(found({ config: { services: { api: { env } } } }).map(([path]) => path)).to.deep.equal([
      "services.api.env.DOCUMENTS_URL",
      "services.api.env.DOCUMENTS_NAME",
      "services.api.env.DOCUMENTS_KIND",
    ]);
  });

  it("knows the words of a use", () => {
    const [fault] = found({ config: { services: { api: { uses: { documents: "write" } } } } });
    expect(fault).to.deep.include.members(["services.api.uses.documents", "write"]);
    expect(fault?.[2]).to.match(/a storage is used by the words read, readWrite/);
  });

  it("refuses steps out of order", () => {
    expect(found(lifecycle({ infrequentAfterDays: 29 }))).to.deep.equal([
      [
        "storage.buckets.documents.lifecycle.infrequentAfterDays",
        29,
        "S3 moves objects to its infrequent class after 30 days at the earliest; use 30 or more",
      ],
    ]);
    expect(found(lifecycle({ infrequentAfterDays: 30, coldAfterDays: 59 }))).to.deep.equal([
      [
        "storage.buckets.documents.lifecycle.coldAfterDays",
        59,
        "must be 60 or more, as infrequentAfterDays is 30; use 60 or more, or change infrequentAfterDays",
      ],
    ]);
    expect(found(lifecycle({ coldAfterDays: 10, archiveAfterDays: 10 }))[0]?.[2]).to.match(/^must be 11 or more, as coldAfterDays is 10/);
    expect(found(lifecycle({ infrequentAfterDays: 30, expireDays: 30 }))[0]?.[2]).to.match(/^must be 31 or more/);
    expect(found(lifecycle({ folders: { tmp: { archiveAfterDays: 9, expireDays: 9 } } }))[0]?.[0]).to.equal(
      "storage.buckets.documents.lifecycle.folders.tmp.expireDays",
    );
    const right = { infrequentAfterDays: 30, coldAfterDays: 60, archiveAfterDays: 61, expireDays: 62 };
    expect(found(lifecycle(right))).to.deep.equal([]);
    expect(found(lifecycle({ infrequentAfterDays: 30, expireDays: 31 }))).to.deep.equal([]);
  });

  it("refuses names of folders and days that no cloud takes", () => {
    expect(found(lifecycle({ folders: { "a-b": {} } }))[0]?.[2]).to.match(/1 to 20 small letters and digits; a letter first/);
    expect(found(lifecycle({ versionsDays: 366 }))[0]?.[2]).to.match(/a whole number from 1 to 365/);
    expect(found(lifecycle({ expireDays: 3651 }))[0]?.[2]).to.match(/a whole number from 0 to 3650/);
  });
});

describe("the second region in the settings", () => {
  const second = (more: Record<string, unknown>) => settings({ config: { environment: "prod", ...more } }).stack.secondRegion;

  it("is the usual one where there is one, and where copies may be", () => {
    expect(second({ "aws:region": "us-west-2" })).to.equal("us-east-1");
    expect(second({ cloud: "azure", "azure-native:location": "centralus" })).to.equal("eastus2");
    expect(second({ secondRegion: { aws: "ca-central-1", azure: "westus3" } })).to.equal("ca-central-1");
    expect(second({ cloud: "azure", secondRegion: { aws: "ca-central-1", azure: "westus3" } })).to.equal("westus3");
    const none = { storage: { buckets: { documents: { replicate: false }, backups: { replicate: false } } } };
    expect(second({ ...none, "aws:region": "eu-west-1" })).to.equal(undefined);
    expect(second({ ...none, allowedRegions: ["us-east-1"] })).to.equal(undefined);
  });

  it("must be there where something is copied", () => {
    const wanted = [
      [
        "storage.buckets.documents.replicate",
        true,
        "the stack has no second region to copy to; set secondRegion to another region, or replicate to false",
      ],
      [
        "storage.buckets.backups.replicate",
        true,
        "the stack has no second region to copy to; set secondRegion to another region, or replicate to false",
      ],
    ];
    expect(found({ config: { environment: "prod", "aws:region": "eu-west-1" } })).to.deep.equal(wanted);
    expect(found({ config: { environment: "prod", allowedRegions: ["us-east-1"] } })).to.deep.equal(wanted);
  });

  it("is another region that the platform knows and that is allowed", () => {
    const of = (region: string, more: Record<string, unknown> = {}) =>
      found({ config: { environment: "prod", secondRegion: { aws: region }, ...more } });
    expect(of("us-wset-2")[0]).to.deep.include.members(["secondRegion.aws", "us-wset-2"]);
    expect(of("us-wset-2")[0]?.[2]).to.match(/^not a region of aws .*; pulumi config set --path secondRegion.aws us-west-2$/);
    expect(of("us-east-1")).to.deep.equal([
      [
        "secondRegion.aws",
        "us-east-1",
        "is the stack's own region: a copy there would be lost with the first; pulumi config set --path secondRegion.aws us-east-2",
      ],
    ]);
    expect(of("eu-west-1", { allowedRegions: ["us-east-1", "us-east-2"] })[0]?.[2]).to.equal(
      "not one of allowedRegions (us-east-1, us-east-2); pulumi config set --path secondRegion.aws us-east-2",
    );
    expect(of("eu-west-1", { allowedRegions: ["us-east-1"] })[0]?.[2]).to.match(/add a region of the cloud to allowedRegions$/);
    // Of the cloud that isn't chosen only the name counts.
    expect(of("us-east-1", { cloud: "azure" })).to.deep.equal([]);
    expect(of("nowhere", { cloud: "azure" })).to.have.lengthOf(1);
  });
});

describe("shared files in the settings", () => {
  const files = (given: Record<string, unknown>, uses: Record<string, unknown> = {}, cloud = "aws") => ({
    config: { cloud, storage: { files: given }, services: { api: { uses }, worker: { uses } } },
  });

  it("S2: are off unless asked for, and used by the word files", () => {
    expect(settings().files).to.equal(undefined);
    expect(settings(files({ enabled: true })).files).to.deep.equal({ path: "/mnt/files" });
    const loaded = settings(files({ enabled: true, path: "/srv/shared" }, { files: "readWrite" }));
    expect([loaded.files, loaded.services.api?.uses.files]).to.deep.equal([{ path: "/srv/shared" }, "readWrite"]);
  });

  it("must be there to be used", () => {
    expect(found(files({ enabled: false }, { files: "readWrite" }))[0]).to.deep.equal([
      "services.api.uses.files",
      "readWrite",
      "the stack has no shared files (storage.files.enabled is false); remove the use, or add what is used",
    ]);
  });

  it("lie where neither the system nor App Service has something", () => {
    const problem = (path: string) => found(files({ enabled: true, path }))[0];
    expect(problem("/home/files")).to.deep.equal([
      "storage.files.path",
      "/home/files",
      "lies in /home, which the system or App Service needs; use a path such as /mnt/files",
    ]);
    for (const path of ["mnt/files", "/", "/mnt/files/", "/mnt/../etc", "/Mnt"])
      expect(problem(path)?.[2], path).to.match(/^must be an absolute path/);
    for (const path of ["/mnt/files", "/data", "/tmpfiles"]) expect(problem(path), path).to.equal(undefined);
    expect(found(files({ path: "/tmp" }))).to.deep.equal([]);
  });

  it("can't be mounted read-only by App Service", () => {
    expect(found(files({ enabled: true }, { files: "read" }))).to.deep.equal([]);
    expect(found(files({ enabled: true }, { files: "read" }, "azure"))).to.deep.equal([
      [
        "services.api.uses.files",
        "read",
        "azure mounts shared files into web and api services for reading and writing only; use readWrite, or let a worker read them",
      ],
    ]);
  });

  it("bring variables, and take their name", () => {
    const env = { FILES_PATH: "/x", FILES_ACCESS_KEY: "x" };
    const given = { storage: { files: { enabled: true } }, services: { api: { env, uses: { files: "readWrite" } } } };
    expect(found({ config: given }).map(([path]) => path)).to.include.members([
      "services.api.env.FILES_PATH",
      "services.api.env.FILES_ACCESS_KEY",
    ]);
    expect(found({ config: { queues: { files: {} } } })[0]?.[2]).to.match(/the same name as the platform's own "files"/);
  });
});
