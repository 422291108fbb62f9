// Makes src/api/schema.d.ts from the OpenAPI document of a running installation: npm run schema -- http://127.0.0.1:8080
import { execFileSync } from "node:child_process";

const base = process.argv[2] ?? "http://127.0.0.1:8080";
execFileSync("npx", ["openapi-typescript", `${base}/api/v1/openapi.json`, "-o", "src/api/schema.d.ts"], { stdio: "inherit" });
