//! Warnings, one file each.
