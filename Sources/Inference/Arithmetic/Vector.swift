/// The arithmetic of the runner: f32 throughout, every result in one canonical order of operations (page Canonical
/// arithmetic), so the same bits on every machine, whatever the number of rows, threads or the SIMD tier.
///
/// Pointers need hold only what the parameter's shape says. Inputs and outputs must not overlap unless a function works
/// in place. All functions may be called from several threads at once.
public enum Vector {}
