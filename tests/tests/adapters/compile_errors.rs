//! The compiler messages for common mistakes must name the mistake, not its consequences.

#[test]
#[ignore = "builds every dependency once more; run with `-- --ignored compile_errors`, as .ci/run does"]
fn mistakes_are_named() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/adapters/compile_errors/*.rs");
}
