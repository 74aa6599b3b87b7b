// Images that were deployed and have not answered well since. The backend's history tells only that an update ended; a rollback that
// trusted it would bring a bad image back. The mark is a tag of the stack: it is beside the state, wherever the next run is.
import { createHash } from "node:crypto";
import type { Stack } from "@pulumi/pulumi/automation";
import type { Images } from "./images";
import type { Opened } from "./workspace";

export const suspectTag = "deploy:suspects";
/** A tag holds 256 characters. */
const kept = 23;

export class Suspects {
  private constructor(
    private readonly stack: Stack,
    private marks: readonly string[],
  ) {}

  static async of({ stack }: Opened): Promise<Suspects> {
    const { [suspectTag]: tag = "" } = await stack.listTags();
    return new Suspects(
      stack,
      tag.split(" ").filter((mark) => mark !== ""),
    );
  }

  has(service: string, image: string): boolean {
    return this.marks.includes(markOf(service, image));
  }

  /** They stay suspect until they have answered well, whatever becomes of this run. */
  add(images: Images): Promise<void> {
    const added = Object.entries(images).map(([service, image]) => markOf(service, image));
    return this.write([...added, ...this.marks.filter((mark) => !added.includes(mark))].slice(0, kept));
  }

  clear(images: Images): Promise<void> {
    const cleared = Object.entries(images).map(([service, image]) => markOf(service, image));
    return this.write(this.marks.filter((mark) => !cleared.includes(mark)));
  }

  private async write(marks: readonly string[]): Promise<void> {
    if (marks.join(" ") === this.marks.join(" ")) return;
    // A tag can't be empty.
    if (marks.length === 0) await this.stack.removeTag(suspectTag);
    else await this.stack.setTag(suspectTag, marks.join(" "));
    this.marks = marks;
  }
}

/** Ten characters for a service's image, whose reference may be longer than a tag. */
function markOf(service: string, image: string): string {
  return createHash("sha256").update(`${service}=${image}`).digest("hex").slice(0, 10);
}
