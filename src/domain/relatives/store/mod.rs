//! Rows of relatives, of invitations and their links, and of what an organisation says about its families.

mod bereavements;
mod home;
mod invitations;
mod pending;
mod relatives;
mod tasks;

pub use bereavements::{bereave, bereavement, end_bereavement, letter_about, memorials, waiting_letters};
pub use home::{contact, residents_home, set_contact, set_settings, settings};
pub use invitations::{
    Invitation, by_link, end_links, insert, insert_link, invitation, letter_states, mailed_lately, many,
    note_opened, note_reminded, of_resident, open_for, open_on_paper, sent_lately, set_address, set_letter,
    set_printed, set_state, set_trouble, to_remind,
};
pub use pending::{pending, pending_of};
pub use relatives::{
    FamilyRow, Relative, change_relative, confirm_relative, families, family, live_relative, lookers,
    relatives, set_joined, who_manage,
};
pub use tasks::{Task, insert_task, is_echo, last_read, note_read, paired_tasks, settle_task, tasks};
