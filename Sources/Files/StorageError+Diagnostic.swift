import Diagnostics

extension StorageError {
  /// What the user is told.
  public var diagnostic: Diagnostic {
    switch self {
    case .busy(let folder):
      Diagnostic(
        "E_FOLDER_BUSY", "another process is making this folder", file: folder,
        next: "wait until it ends, or name another output", exit: .resumable)
    case .io(let operation, let path, let code):
      Diagnostic(
        "E_IO", "cannot \(operation)", file: path, found: errorText(code),
        next: "check the storage, then run the same command again; finished work is kept", exit: .io)
    case .diskFull(let path, let needed):
      Diagnostic(
        "E_DISK_FULL", "no space is left on the file system", file: path,
        expected: needed.map { "\($0) bytes free" },
        next: "free space or move the folder, then run the same command again; finished work is kept", exit: .io)
    case .readOnly(let operation, let path, let code):
      Diagnostic(
        "E_READ_ONLY", "not allowed to \(operation)", file: path, found: errorText(code),
        next: "make the folder writable for this user, or name another one", exit: .io)
    case .unreadable(let operation, let path, let code):
      Diagnostic(
        "E_UNREADABLE", "not allowed to \(operation)", file: path, found: errorText(code),
        next: "make it readable for this user, and the folders above it searchable, then run the same command again",
        exit: .io)
    case .fileTooLarge(let path, let needed):
      Diagnostic(
        "E_FILE_TOO_LARGE", "a file of this size is not allowed here", file: path,
        expected: needed.map { "a limit of at least \($0) bytes" },
        next: "raise the limit (ulimit -f), or use another file system", exit: .io)
    case .targetIsLink(let path):
      Diagnostic(
        "E_TARGET_IS_LINK", "a symbolic link stands where a file or a folder is to be written", file: path,
        expected: "a file or a folder, or nothing", found: "a symbolic link",
        next: "remove the link, or name another folder; Cambium never writes through a link", exit: .io)
    case .targetKind(let path):
      Diagnostic(
        "E_TARGET_KIND", "what stands where a file is to be written is no file", file: path,
        expected: "a file, or nothing", found: "a pipe, a device or a folder",
        next: "find out who put it there, and remove it", exit: .io)
    case .targetExists(let path):
      Diagnostic(
        "E_TARGET_EXISTS", "there is something of this name already", file: path, expected: "nothing of this name",
        next:
          "remove it or name another place; Cambium does not replace what it did not make",
        exit: .io)
    case .resultExists(let path, let kind, let found):
      Diagnostic(
        "E_RESULT_EXISTS", "there is another file in the place of the result", file: path,
        expected: "nothing, or \(kind) of ours",
        found: found, next: "name another file, or say --force when this one may go", exit: .io)
    case .resultPlace(let path, let found):
      Diagnostic(
        "E_RESULT_PLACE", "a result must not be written there", file: path,
        expected: "a file outside of packages that is no input and no key", found: found,
        next: "name another file; --force does not change this", exit: .io)
    case .unsafePath(let path):
      Diagnostic(
        "E_PATH_UNSAFE", "a path leaves its folder", file: path,
        expected: "a relative path without empty, \".\" and \"..\" parts", next: "correct the name", exit: .badInput)
    case .name(let path): FileError.name(path: path).diagnostic
    case .tooManyOpen(let path): FileError.tooManyOpen(path: path, limit: openFilesLimit()).diagnostic
    case .pipeUnread(let path):
      Diagnostic(
        "E_PIPE_UNREAD", "nobody reads the pipe that a result is to be written into", file: path,
        expected: "a reader within half a minute", found: "none",
        next: "start what reads the pipe, then run the same command again; or name a file", exit: .io)
    case .stopped(let path):
      Diagnostic(
        "E_PIPE_STOPPED", "interrupted while it waited for the other end of a pipe", file: path,
        next: "run the same command again", exit: .interrupted)
    case .fileChanged(let path):
      Diagnostic(
        "E_FILE_CHANGED", "the file changed while it was read", file: path,
        next: "stop what writes to it, then run the same command again", exit: .badInput)
    }
  }
}
