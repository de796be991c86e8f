//! The tables after all that can happen to webhooks, on SQLite and on PostgreSQL.
//!
//! Tests on PostgreSQL are ignored unless asked for. They need `TEST_POSTGRES_SOCKET`, the directory of the socket of a
//! server that trusts the user `postgres`; `.ci/run` starts one.
#![cfg(test)]

use clerk_test_support::start::serves_without_keys;

mod passes;
mod replay;
mod webhooks;
mod world;

/// Runs each test on both databases.
macro_rules! on_both_databases {
    ($($module:ident: $($test:ident),+ $(,)?;)+) => {
        mod sqlite {
            $(mod $module {
                $(#[tokio::test]
                async fn $test() {
                    let world = crate::world::World::on_sqlite().await;
                    crate::$module::$test(&world).await;
                })+
            })+
        }
        mod postgres {
            $(mod $module {
                $(#[tokio::test]
                #[ignore = "needs PostgreSQL: .ci/run starts it"]
                async fn $test() {
                    let world = crate::world::World::on_postgres(stringify!($test)).await;
                    crate::$module::$test(&world).await;
                    world.close().await;
                })+
            })+
        }
    };
}

on_both_databases! {
    webhooks:
        the_time_in_the_data_decides_which_state_is_newer,
        a_deletion_is_not_older_than_a_state_of_the_same_second,
        in_a_tie_a_deletion_wins,
        two_states_of_a_millisecond_are_read_anew,
        a_state_without_a_time_is_read_anew,
        an_older_update_does_not_revive_a_row,
        a_deletion_without_an_id_deletes_nothing,
        message_and_change_are_one_transaction,
        an_address_can_be_that_of_two_rows,
        a_user_with_a_phone_only_is_a_row_with_nulls,
        text_that_postgresql_cannot_store_is_replaced,
        unknown_events_are_kept,
        memberships_come_before_and_end_with_the_others,
        the_emulator_delivers;
    passes:
        an_import_keeps_newer_rows_and_tombstones,
        an_import_runs_while_webhooks_arrive,
        after_lost_events_reconciling_makes_the_tables_equal,
        an_incomplete_pass_deletes_nothing,
        what_a_list_misses_is_not_deleted;
    replay:
        shuffled_and_duplicated_events_leave_the_same_tables;
}

#[test]
fn it_starts_without_configuration() {
    let directory = tempfile::TempDir::new().unwrap();
    let file = directory.path().join("sync.db");
    let url = format!("sqlite://{}?mode=rwc", file.display());
    let variables = [("DATABASE_URL", url.as_str())];
    let program = env!("CARGO_BIN_EXE_webhook-sync");
    let text = serves_without_keys(program, &variables, "curl http://", &[("/", 200)]);
    assert!(
        text.contains("5 objects listed, 5 written, 0 deleted"),
        "{text}"
    );
}
