// Names that lead to the platform: which hosts there are, and the records to create by hand where their DNS is elsewhere.
import type { Input } from "@pulumi/pulumi";
import type { Route } from "./gateway/index";

/** A record that the platform can't create, as the zone is not given: an entry of the stack output `dnsRecords`. */
export interface DnsRecord {
  readonly name: string;
  /** A CNAME at the top of a zone is not allowed: use what your DNS calls ALIAS, ANAME or flattening there. */
  readonly type: "A" | "CNAME" | "TXT";
  readonly value: Input<string>;
}

/** The domain itself and the hosts of public routes below it. */
export function hostsOf(domain: string, routes: readonly Route[]): string[] {
  const hosts = routes.filter((route) => !route.internal).flatMap((route) => route.hosts);
  return [...new Set([domain, ...hosts.filter((host) => host.endsWith(`.${domain}`))])];
}
