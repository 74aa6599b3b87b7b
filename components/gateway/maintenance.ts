// What visitors read while the platform is under maintenance; the same words on both clouds.

/** At most 1024 characters: what a load balancer of AWS answers by itself. */
export const maintenancePage =
  "<!doctype html><html lang=en><meta charset=utf-8><title>Under maintenance</title>" +
  "<body><h1>Under maintenance</h1><p>We will be back shortly. Please try again in a few minutes.</p></body></html>";
