import { expect } from "chai";
import { faults, settings } from "./support";

const arn = "arn:aws:iam::123456789012:policy/platform-bootstrap/platform-services-boundary";
const given = (permissionsBoundary: string, config: Readonly<Record<string, unknown>> = {}) => ({
  config: { ...config, security: { permissionsBoundary } },
});

describe("security.permissionsBoundary", () => {
  it("is the stack's, for every role that it makes; none unless it is given", () => {
    expect(settings(given(arn)).stack.permissionsBoundary).to.equal(arn);
    expect(settings().stack).to.not.have.property("permissionsBoundary");
    expect(settings({ config: { security: { threatDetection: true } } }).stack).to.not.have.property("permissionsBoundary");
  });

  it("may be a policy of any path, and one of AWS's own", () => {
    for (const policy of ["arn:aws:iam::123456789012:policy/bound", "arn:aws:iam::aws:policy/PowerUserAccess"])
      expect(settings(given(policy)).stack.permissionsBoundary).to.equal(policy);
  });

  for (const [what, text] of [
    ["a name", "platform-services-boundary"],
    ["a role", "arn:aws:iam::123456789012:role/platform-services-boundary"],
    ["an account of eleven digits", "arn:aws:iam::12345678901:policy/x"],
    ["a policy without a name", "arn:aws:iam::123456789012:policy/path/"],
    ["more than one line", `${arn}\nx`],
  ] as const) {
    it(`refuses ${what}`, () => {
      const [fault, ...rest] = faults(given(text));
      expect(rest).to.deep.equal([]);
      expect(fault?.path).to.equal("security.permissionsBoundary");
      expect(fault?.problem).to.equal("must be the ARN of a managed policy, arn:aws:iam::<account>:policy/<name>");
    });
  }

  it("is refused on Azure, with the reason", () => {
    expect(faults(given(arn, { cloud: "azure" }))).to.deep.equal([
      {
        path: "security.permissionsBoundary",
        given: arn,
        problem: "nothing bounds an identity of Azure: it may do what its roles say",
        remedy: "remove security.permissionsBoundary",
      },
    ]);
  });

  it("is of the account that the stack is for, where that is told", () => {
    const accounts = (...all: string[]) => ({ "aws:allowedAccountIds": all });
    expect(faults(given(arn, accounts("123456789012")))).to.deep.equal([]);
    expect(faults(given("arn:aws:iam::aws:policy/PowerUserAccess", accounts("999999999999")))).to.deep.equal([]);
    const [fault, ...rest] = faults(given(arn, accounts("999999999999", "888888888888")));
    expect(rest).to.deep.equal([]);
    expect(fault).to.deep.equal({
      path: "security.permissionsBoundary",
      given: arn,
      problem: "a role takes a policy of its own account only, and the stack is for 999999999999, 888888888888 (aws:allowedAccountIds)",
      remedy: "name the policy of that account, which its bootstrap printed",
    });
  });
});
