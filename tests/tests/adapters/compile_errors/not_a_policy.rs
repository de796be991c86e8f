//! A type without a requirement.

struct ManageBilling;

async fn on_axum(_: clerk_axum::Guarded<ManageBilling>) {}

async fn on_actix(_: clerk_actix::Guarded<ManageBilling>) {}

fn main() {
    let _ = (on_axum, on_actix);
}
