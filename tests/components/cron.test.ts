import { expect } from "chai";
import { awsCron } from "../../components/app-service/cron";

describe("cron of five fields on AWS", () => {
  const translated: [string, string][] = [
    ["0 3 * * *", "cron(0 3 * * ? *)"],
    ["*/15 * * * *", "cron(*/15 * * * ? *)"],
    ["5/10 0-6 1,15 * *", "cron(5/10 0-6 1,15 * ? *)"],
    ["0 0 1 1 *", "cron(0 0 1 1 ? *)"],
    ["0 0 31 dec *", "cron(0 0 31 DEC ? *)"],
    ["59 23 * 12 *", "cron(59 23 * 12 ? *)"],
    ["0 20 * * 1-5", "cron(0 20 ? * MON-FRI *)"],
    ["0 20 * * MON-FRI", "cron(0 20 ? * MON-FRI *)"],
    ["0 6 * * 0", "cron(0 6 ? * SUN *)"],
    ["0 6 * * 7", "cron(0 6 ? * SUN *)"],
    ["0 6 * * 6,7", "cron(0 6 ? * SUN,SAT *)"],
    ["0 6 * * 5-7", "cron(0 6 ? * SUN,FRI,SAT *)"],
    ["0 6 * * */2", "cron(0 6 ? * SUN,TUE,THU,SAT *)"],
    ["0 6 * * 1/2", "cron(0 6 ? * MON,WED,FRI *)"],
    ["0 6 * * 1,2", "cron(0 6 ? * MON,TUE *)"],
    ["0 6 * * 0-6", "cron(0 6 ? * SUN-SAT *)"],
    ["0 6 * 1-3 sat", "cron(0 6 ? 1-3 SAT *)"],
    ["  0  6 * * *  ", "cron(0 6 * * ? *)"],
  ];
  for (const [cron, expression] of translated) {
    it(`${cron} is ${expression}`, () => expect(awsCron(cron)).to.deep.equal({ expression }));
  }

  const refused: [string, RegExp][] = [
    ["", /five fields/],
    ["0 3 * *", /five fields/],
    ["0 3 * * ? *", /five fields/],
    ["60 3 * * *", /"60" is no minute \(0 to 59\)/],
    ["0 24 * * *", /"24" is no hour \(0 to 23\)/],
    ["0 0 0 * *", /"0" is no day of the month \(1 to 31\)/],
    ["0 0 32 * *", /"32" is no day of the month/],
    ["0 0 1 0 *", /"0" is no month \(1 to 12\)/],
    ["0 0 1 13 *", /"13" is no month/],
    ["0 0 * * 8", /"8" is no day of the week \(0 to 7\)/],
    ["0 0 * * FRY", /"FRY" is no day of the week/],
    ["0 0 L * *", /"L" is no day of the month/],
    ["5-1 0 * * *", /"5-1" is no minute/],
    ["*/0 0 * * *", /"\*\/0" is no minute/],
    ["*-5 0 * * *", /"\*-5" is no minute/],
    ["1.5 0 * * *", /"1\.5" is no minute/],
    ["0 0 1 * 1", /either days of the month or days of the week/],
  ];
  for (const [cron, problem] of refused) {
    it(`refuses "${cron}"`, () => {
      const answer = awsCron(cron);
      expect("problem" in answer && answer.problem).to.match(problem);
    });
  }
});
