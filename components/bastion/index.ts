// Bastion: a way for operators' own tools to database and cache, by the cloud's login. Off by default. The host has no public address, and
// no key to it exists.
//
// | what        | AWS                                                        | Azure                                                              |
// |-------------|------------------------------------------------------------|--------------------------------------------------------------------|
// | entrance    | Session Manager: the host calls out, nothing comes in      | Azure Bastion: TLS from the internet, for whom Azure knows         |
// | host        | t4g.nano in an app subnet, made anew every week            | Standard_B2ats_v2 in a subnet of its own, patched by the platform  |
// | who may     | IAM: `ssm:StartSession` on the host                        | the role Virtual Machine User Login on the host                    |
// | port 22     | open to nobody                                             | open to Azure Bastion's subnet only                                |
import type { Monitoring } from "../monitoring";
import { Component, type Family } from "../cloud";
import type { Network } from "../network";
import type { Use } from "../use";

export interface BastionArgs<F extends Family> {
  readonly network: Network<F>;
  readonly monitoring: Monitoring<F>;
  /** What can be reached through it. AWS opens the way to each; on Azure the network's firewall has it already. */
  readonly reaches: readonly Use<F>[];
}

export abstract class Bastion<F extends Family> extends Component<F> {}
