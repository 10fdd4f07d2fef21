import { testGuide } from "../../support/page_tests.ts";

await testGuide("s", "z");
