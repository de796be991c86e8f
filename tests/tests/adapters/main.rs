//! axum and actix-web side by side: the same application, built twice, must answer alike.

mod actix_app;
mod axum_app;
mod middlewares;
mod path_confusion;
mod scenarios;
mod servers;
mod several_instances;
mod world;
