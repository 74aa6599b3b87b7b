// Probe on Azure: web tests of Application Insights. One asks whether the platform answers, another, more rarely, how long its certificate
// is still good.
import { WebTest, type WebTestArgs } from "@pulumi/azure-native/applicationinsights";
import { type ComponentResourceOptions, type Output, output } from "@pulumi/pulumi";
import type { Azure } from "../clouds/azure/family";
import { nameOf } from "../clouds/azure/names";
import { alarmRows } from "../monitoring/alarms";
import { watchedTypes } from "../monitoring/azure-alarms";
import { Watched } from "../monitoring/watched";
import { tagsOf } from "../stack";
import { Probe, type ProbeArgs } from "./index";

/** Azure's names of the places it asks from; five, so that one that is cut off is no alarm. */
const places = ["us-va-ash-azr", "us-ca-sjc-azr", "emea-nl-ams-azr", "emea-gb-db3-azr", "apac-sg-sin-azr"] as const;

export class AzureProbe extends Probe<Azure> {
  readonly url: Output<string>;
  readonly watched: readonly Watched<Azure>[];

  constructor(name: string, args: ProbeArgs<Azure>, opts?: ComponentResourceOptions) {
    super("Probe", name, opts);
    const up = this.createTest(name, name, args, {
      locations: places.map((location) => ({ location })),
      frequency: 300,
      validationRules: { expectedHttpStatusCode: 200, sSLCheck: true },
    });
    const certificate = this.createTest(`${name}-certificate`, name, args, {
      locations: [{ location: places[0] }],
      frequency: 900,
      validationRules: { ignoreHttpStatusCode: true, sSLCheck: true, sSLCertRemainingLifetimeCheck: alarmRows.expiry.threshold },
    });

    this.url = output(`https://${args.host}${args.path}`);
    const shown = (test: WebTest, entity: string) => ({ resourceId: test.id, type: watchedTypes.webTests, entity });
    this.watched = [
      new Watched<Azure>("probe", name, shown(up, name)),
      new Watched<Azure>("certificate", `${name}-certificate`, shown(certificate, `${name}-certificate`)),
    ];
    this.finish({ url: this.url });
  }

  private createTest(
    part: string,
    component: string,
    { network: { raw, stack }, monitoring, host, path }: ProbeArgs<Azure>,
    what: Pick<WebTestArgs, "locations" | "frequency" | "validationRules">,
  ): WebTest {
    const { insights } = monitoring.raw;
    if (insights === undefined) throw new Error("web tests belong to Application Insights: give Monitoring `probed`");
    const webTestName = nameOf(stack, "webTest", part);
    return new WebTest(
      `${part}-test`,
      {
        resourceGroupName: raw.resourceGroupName,
        location: raw.location,
        webTestName,
        syntheticMonitorId: webTestName,
        kind: "standard",
        webTestKind: "standard",
        enabled: true,
        timeout: 30,
        // A second try after a failure, before it counts as one.
        retryEnabled: true,
        request: { requestUrl: `https://${host}${path}`, httpVerb: "GET", followRedirects: false, parseDependentRequests: false },
        ...what,
        // By this tag, and nothing else, Azure knows whose test it is.
        tags: insights.componentId.apply((id) => ({ ...tagsOf(stack, component), [`hidden-link:${id}`]: "Resource" })),
      },
      { parent: this },
    );
  }
}
