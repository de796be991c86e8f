//! axum and actix-web side by side: the same application in both frameworks must respond
//! identically.

#[cfg(test)]
mod actix_app;
#[cfg(test)]
mod axum_app;
#[cfg(test)]
mod caching;
#[cfg(test)]
mod compile_errors;
#[cfg(test)]
mod handlers;
#[cfg(test)]
mod look_ups;
#[cfg(test)]
mod machine_scopes;
#[cfg(test)]
mod middlewares;
#[cfg(test)]
mod order_mistakes;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod path_confusion;
#[cfg(test)]
mod path_pairs;
#[cfg(test)]
mod proxy;
#[cfg(test)]
mod quickstarts;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod scenarios;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod servers;
#[cfg(test)]
mod several_instances;
#[cfg(test)]
mod sign_out;
#[cfg(test)]
mod world;
