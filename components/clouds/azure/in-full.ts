// Objects that Azure's SDK would hide from previews and from the plan.
import type { CustomResourceOptions } from "@pulumi/pulumi";

/**
 * The SDK puts its defaults into these objects by an apply over the whole: with one value unknown, such as a new identity's id, a preview
 * and the plan would show nothing of them. Given here, they are registered as they are; the defaults left out are those of Windows and HTTP.
 */
export function inFull(inputs: Readonly<Record<string, unknown>>): Pick<CustomResourceOptions, "transformations"> {
  return { transformations: [({ props, opts }) => ({ props: { ...props, ...inputs }, opts })] };
}
