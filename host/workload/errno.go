package workload

// String is the text of strerror(3) on macOS, which tools print after the name
// of a file.
func (e Errno) String() string {
	switch e {
	case OK:
		return "Undefined error: 0"
	case EIO:
		return "Input/output error"
	case ENOENT:
		return "No such file or directory"
	case EINVAL:
		return "Invalid argument"
	case EBUSY:
		return "Resource busy"
	case ENOSPC:
		return "No space left on device"
	case ENXIO:
		return "Device not configured"
	case ENOTTY:
		return "Inappropriate ioctl for device"
	case EACCES:
		return "Permission denied"
	case EROFS:
		return "Read-only file system"
	case ENOTDIR:
		return "Not a directory"
	case EISDIR:
		return "Is a directory"
	case EEXIST:
		return "File exists"
	}
	return "Unknown error"
}
