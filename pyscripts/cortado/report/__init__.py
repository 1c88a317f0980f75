"""What people look at: plots and result tables, made from files and never by hand."""
